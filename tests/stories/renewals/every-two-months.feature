Feature: A plan that bills every two months

  Scenario: The second bill is a renewal, and no new business
    Given the Account "Fabrikam Residences"
    And the open Opportunity "Homes"
    And the plan "Bimonthly" at 400 USD every 2 months
    When "Fabrikam Residences" subscribes to 1 x "Bimonthly" for the Opportunity "Homes"
    And 61 days pass
    Then the renewals are:
      | Billing Reason      | Status    | Amount Due | Paid Date  | Period Start |
      | subscription_create | Collected | 400.00     | 2026-10-01 | 2026-10-01   |
      | subscription_cycle  | Collected | 400.00     | 2026-12-01 | 2026-12-01   |
      |                     | Upcoming  | 400.00     |            | 2027-02-01   |
    And the movement is:
      | Kind | Date       | Amount |
      | New  | 2026-10-01 | 200.00 |
    And the Opportunity "Homes" shows:
      | Close Date  | 2026-10-01 |
      | Booked ACV  | 2,400.00   |
      | Current ARR | 2,400.00   |
      | Collected   | 800.00     |
    And the Account "Fabrikam Residences" shows:
      | Lifetime Value    | 800.00     |
      | Next Renewal Date | 2027-02-01 |
    And the Contract is:
      | Contract Start Date |
      | 2026-10-01          |
