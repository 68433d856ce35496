Feature: One Account with a customer in dollars and one in euros

  Scenario: The Account adds what its currency can add
    Given the Account "Narcissus Mirrors"
    And the open Opportunity "Americas"
    And the open Opportunity "Europe"
    And the plan "Team" at 100 USD a month
    And the plan "Equipe" at 200 EUR a month
    When "Narcissus Inc" subscribes to 1 x "Team" for the Opportunity "Americas"
    And "Narcissus SA" subscribes to 1 x "Equipe" for the Opportunity "Europe"
    And an hour passes
    Then in a single-currency org, the Account "Narcissus Mirrors" shows:
      | Lifetime Value     | 316.00   |
      | Current ARR        | 3,792.00 |
      | Live Subscriptions | 2        |
    And in a multicurrency org, the Account "Narcissus Mirrors" shows:
      | Lifetime Value     | 317.39   |
      | Current ARR        | 3,808.70 |
      | Live Subscriptions | 2        |
