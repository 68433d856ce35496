Feature: A month goes by

  Scenario: The renewal is collected and the next one comes into sight
    Given the Account "Contoso"
    And the open Opportunity "Site"
    And the plan "Team" at 120 USD a month
    When "Contoso" subscribes to 1 x "Team" for the Opportunity "Site"
    And 31 days pass
    Then the renewals are:
      | Billing Reason      | Status    | Amount Due | Period Start | Paid Date  |
      | subscription_create | Collected | 120.00     | 2026-10-01   | 2026-10-01 |
      | subscription_cycle  | Collected | 120.00     | 2026-11-01   | 2026-11-01 |
      |                     | Upcoming  | 120.00     | 2026-12-01   |            |
    And the revenue entries are:
      | Kind   | Date       | Amount |
      | Charge | 2026-10-01 | 120.00 |
      | Charge | 2026-11-01 | 120.00 |
    And the Account "Contoso" shows:
      | Lifetime Value    | 240.00     |
      | Collected ACV     | 240.00     |
      | Last Payment Date | 2026-11-01 |
      | Next Renewal Date | 2026-12-01 |
    And the Opportunity "Site" shows:
      | Collected  | 240.00   |
      | Booked ACV | 1,440.00 |
